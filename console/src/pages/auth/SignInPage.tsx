// Signing in, and on to where one wanted to go.
import { Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { forgotPasswordPath } from '../../paths'
import { AuthPage } from './AuthPage'
import { SignInForm } from '../../app/SignInForm'

export default function SignInPage() {
  return (
    <AuthPage title="Sign in">
      <SignInForm />
      <Text size="sm">
        <Link to={forgotPasswordPath} className="anchor">
          Forgot your password?
        </Link>
      </Text>
    </AuthPage>
  )
}
